/** `npm run creator -- create | list`: the accounts of the installation. */

import { createApiKey } from '../src/accounts/api-key.ts'
import { readEmail } from '../src/accounts/email.ts'
import { foundAccount, listCreators } from '../src/accounts/found.ts'
import { createPasswords, findPasswordFault, PASSWORD } from '../src/accounts/password.ts'
import { AppError } from '../src/errors.ts'
import type { Installation } from '../src/installation.ts'
import { SCOPES } from '../src/web/api/operation.ts'
import { openCommand, readOption, readWords, refuseUsage } from './command.ts'

const USAGE = `npm run creator --
  create --email E [--password P] [--name N] [--operator] [--json]
  list [--json]`

const args = process.argv.slice(2)
const isJson = args.includes('--json')
const [action] = readWords(args, ['json', 'operator'])
if (action !== 'create' && action !== 'list') refuseUsage(USAGE)

await openCommand(action === 'create' ? create : list)

async function create(installation: Installation): Promise<void> {
  const email = readEmail(readOption(args, 'email') ?? '')
  if (!email) refuseUsage(USAGE)
  const name = (readOption(args, 'name') || email.split('@')[0] || email).slice(0, 80)
  const password = readOption(args, 'password')
  if (password !== undefined) requireGoodPassword(password, [email, name])
  const passwordHash = password === undefined ? undefined : await createPasswords().hash(password)
  const isOperator = args.includes('--operator')
  const actor = await foundAccount(installation.db, { email, name, passwordHash, isOperator })
  const { key } = await createApiKey(installation.db, actor, { name: 'Made by command', scopes: SCOPES })
  if (isJson) {
    const { creatorId, memberId } = actor
    console.log(JSON.stringify({ creatorId, memberId, email, apiKey: key }))
    return
  }
  console.log(`${email} is an owner of the creator ${actor.creatorId}.`)
  if (actor.isOperator) console.log('They run this installation.')
  console.log(`API key, shown this once: ${key}`)
  const signIn = `${installation.publicUrl}/admin/sign-in`
  console.log(passwordHash ? `Sign in at ${signIn}` : `No password: ask for a link at ${signIn}`)
}

async function list({ db }: Installation): Promise<void> {
  const creators = await listCreators(db)
  if (isJson) return console.log(JSON.stringify({ creators }))
  for (const { id, name, members, botCount } of creators) {
    const people = members.map(({ email, role }) => `${email} (${role})`).join(', ')
    console.log(`${id}  ${name}  ${botCount} bots  ${people || 'no members'}`)
  }
}

function requireGoodPassword(password: string, about: string[]): void {
  const fault = findPasswordFault(password, about)
  if (fault) throw new AppError('password.refused', { fault, ...PASSWORD })
}
