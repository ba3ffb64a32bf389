/** `npm run migrate`: brings the schema of the installation forward. */
import { openCommand } from './command.ts'

await openCommand(async ({ migrated }) => {
  console.log(
    migrated.length === 0
      ? 'The schema is up to date.'
      : migrated.map((name) => `applied ${name}`).join('\n'),
  )
})
