/** The process that loads all a child may need, and with it fills the folder its compiled code is kept in. */
import { flushCompileCache } from 'node:module'
import { FORMATS } from '../formats.ts'
import './worker.ts'

for (const format of FORMATS) await format.load()
flushCompileCache()
process.exit()
