/** Runs a command with what an earlier run compiled: half of what a short one takes is compiling. */
import { enableCompileCache } from 'node:module'

enableCompileCache()
// The command finds its own arguments where it would find them alone.
const [name] = process.argv.splice(2, 1)
await import(`./${name}.ts`)
