import { type Kysely, sql } from 'kysely'
import type { Db } from '../../db/database.ts'
import { startTestApp, type TestApp } from '../app.ts'
import { addCreatorRows, type CreatorRows } from '../builders/creator-rows.ts'
import { type SignedInTester, signUpTester } from '../signed-in.ts'
import { listMountedRoutes, type MountedRoute } from '../wall/mounted-routes.ts'
import { MARKUP_ATTEMPTS, PLANTED_ELEMENT } from './page-check.ts'

/** Texts that others write and our pages show: table, column, and whether it is JSON. */
const PLACES = {
  'creator name': ['creator', 'name'],
  'member name': ['member', 'name'],
  'bot settings': ['bot', 'settings'],
  'document name': ['document', 'name'],
  'document title': ['document', 'title'],
  'document tags': ['document', 'tags'],
  'passage text': ['passage', 'text'],
  'passage headings': ['passage', 'heading_path'],
  'subscriber name': ['subscriber', 'name'],
  'chat text': ['message', 'markdown'],
  'answer trace': ['turn', 'trace'],
  'failed send': ['part', 'error_detail'],
  'gap question': ['gap', 'question'],
  'gap group question': ['gap_group', 'question'],
  'gap answer': ['gap_group', 'answer'],
  'chat note': ['chat_note', 'text'],
  'invited address': ['invitation', 'email'],
  'API key name': ['api_key', 'name'],
  'prompt of a bot': ['prompt_override', 'text'],
  'channel account name': ['connection', 'name'],
  'channel trouble': ['connection', 'last_error'],
  'browser of a session': ['session', 'user_agent'],
  'audit details': ['audit_entry', 'details'],
  'security event': ['security_event', 'details'],
} as const satisfies Record<string, readonly [table: string, column: string]>

export type Place = keyof typeof PLACES
export const PLACE_NAMES = Object.keys(PLACES) as Place[]

/** A creator with a row of everything, whose owner is signed in, in the real app. */
export interface AttackWorld extends AsyncDisposable {
  app: TestApp
  owner: SignedInTester
  rows: CreatorRows
  routes: MountedRoute[]
  log: string[]
  /** A path with every parameter filled from the world's rows. */
  fill(path: string): string
}

export async function openAttackWorld(): Promise<AttackWorld> {
  const log: string[] = []
  const app = await startTestApp({
    onLog: (line) => log.push(line),
    env: { LOG_LEVEL: 'info', PUBLIC_URL: 'https://coach.example' },
  })
  const { db } = app.app.installation
  const rows = await addCreatorRows(db, 'attacked')
  const owner = await signUpTester(app, { creatorId: rows.creatorId, isOperator: true })
  const ids = await readIds(db, rows)
  const account = { creatorId: rows.creatorId, botId: rows.botId, channel: 'telegram' as const }
  // In place of one that was never sealed.
  await app.app.installation.connections.save({
    ...account,
    externalId: '4242',
    name: 'attacked_bot',
    credentials: { token: '4242:attacked', webhookSecret: 'attacked' },
  })
  return {
    app,
    owner,
    rows,
    routes: await listMountedRoutes(app.url),
    log,
    fill: (path) => path.replace(/:(\w+)/g, (_, name: string) => encodeURIComponent(ids[name] ?? rows.botId)),
    [Symbol.asyncDispose]: () => app[Symbol.asyncDispose](),
  }
}

async function readIds(db: Db, rows: CreatorRows): Promise<Record<string, string>> {
  const { rows: found } = await sql<Record<string, string>>`
    SELECT (SELECT id FROM gap_group WHERE creator_id = ${rows.creatorId}) AS "groupId",
      (SELECT id FROM document_version WHERE creator_id = ${rows.creatorId}) AS "versionId",
      (SELECT id FROM api_key WHERE creator_id = ${rows.creatorId}) AS "keyId",
      (SELECT id FROM invitation WHERE creator_id = ${rows.creatorId}) AS "invitationId",
      (SELECT id FROM chat_note WHERE creator_id = ${rows.creatorId}) AS "noteId",
      (SELECT id FROM turn WHERE creator_id = ${rows.creatorId}) AS "turnId"
  `.execute(db)
  return {
    ...rows,
    slug: 'lockers',
    channel: 'telegram',
    purpose: 'answer',
    version: '1',
    ...found[0],
  } as Record<string, string>
}

/** The element of this place, so that a page tells which words became markup. */
export function plantedElement(place: Place): string {
  return `${PLANTED_ELEMENT}-${place.toLowerCase().replaceAll(/[^a-z]+/g, '-')}`
}

/** What stands in front of the markup, so that the test knows it was shown at all. */
export function plantedWord(place: Place): string {
  return `shown${place.replaceAll(/[^A-Za-z]+/g, '')}`
}

/** Writes every attempt at markup into every place, past all checks of forms. */
export async function plantMarkup(db: Db, creatorId: string): Promise<void> {
  const open = db as unknown as Kysely<Record<string, Record<string, unknown>>>
  for (const place of PLACE_NAMES) {
    const [table, column] = PLACES[place]
    const words = `${plantedWord(place)} ${MARKUP_ATTEMPTS.join(' ')}`.replaceAll(
      PLANTED_ELEMENT,
      plantedElement(place),
    )
    const owner =
      table === 'creator'
        ? sql`id = ${creatorId}`
        : OWNED_BY_MEMBER.has(table)
          ? ofMembers(table, creatorId)
          : sql`creator_id = ${creatorId}`
    await sql`UPDATE ${sql.table(table)} SET ${sql.ref(column)} = ${valueFor(place, words)} WHERE ${owner}`.execute(
      open,
    )
  }
}

const OWNED_BY_MEMBER = new Set<string>(['member'])

function ofMembers(table: string, creatorId: string) {
  return sql`${sql.table(table)}.id IN (SELECT member_id FROM membership WHERE creator_id = ${creatorId})`
}

function valueFor(place: Place, words: string) {
  switch (place) {
    case 'bot settings': {
      const byLanguage = { en: words }
      const settings = {
        name: words,
        description: words,
        persona: words,
        languages: ['en'],
        greeting: byLanguage,
        suggestions: { en: [words] },
        no_answer: byLanguage,
        safety_line: byLanguage,
      }
      // Longer than a form takes: what is stored is read by the lengths there.
      const cut = JSON.stringify(settings)
      return sql`${cut}::jsonb || jsonb_build_object('name', left(${words}, 80), 'description', left(${words}, 400), 'suggestions', '{}'::jsonb)`
    }
    case 'document tags':
    case 'passage headings':
      return sql`ARRAY[${words}]`
    case 'answer trace':
      return sql`${JSON.stringify({ kind: 'answer', question: words, model: words, language: words })}::jsonb`
    case 'audit details':
    case 'security event':
      return sql`${JSON.stringify({ path: words, name: words })}::jsonb`
    default:
      return sql`${words}`
  }
}

/** Every page a GET may ask for; streams never end and are left out. */
export function listPages({ routes, fill }: AttackWorld): string[] {
  const paths = routes
    .filter(({ method, path }) => method === 'GET' && /^\/(admin|try|api\/docs)/.test(path))
    .map(({ path }) => path)
    .filter((path) => !/events|\*/.test(path))
  const searched = [
    '/admin/bots/:botId/knowledge/search?q=attacked',
    '/admin/bots/:botId/chats?q=shown',
    '/admin/no-such-page',
  ]
  return [...new Set([...paths, ...searched])].map(fill)
}
