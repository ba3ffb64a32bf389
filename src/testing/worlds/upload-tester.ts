import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'vitest'
import { z } from 'zod'
import { startTestApp, type TestApp } from '../app.ts'
import { type SignedInTester, signUpTester } from '../signed-in.ts'
import { waitUntil } from '../wait.ts'

/** Of one file, in the app of {@link openUploadTest}. */
export const MAX_UPLOAD_BYTES = 200_000
/** A body that is no upload must arrive within this. */
export const BODY_TIMEOUT_MS = 1_500

export interface TestFile {
  name: string
  content: string | Buffer
}

/** What the page's script is told: how each file fared, or why none was taken. */
export const UploadAnswer = z.object({
  documents: z
    .array(z.object({ id: z.string(), name: z.string(), state: z.string(), isUnchanged: z.boolean() }))
    .default([]),
  refused: z.array(z.object({ name: z.string(), code: z.string(), message: z.string() })).default([]),
  error: z.object({ code: z.string(), message: z.string() }).optional(),
})

/** The app with an owner signed in who looks after the material of its bot. */
export type UploadTest = Awaited<ReturnType<typeof openUploadTest>>

export async function openUploadTest() {
  const app = await startTestApp({
    env: { UPLOAD_MAX_BYTES: String(MAX_UPLOAD_BYTES), WEBHOOK_BODY_TIMEOUT_MS: String(BODY_TIMEOUT_MS) },
  })
  const owner = await signUpTester(app)
  const base = `/admin/bots/${app.bot.id}/knowledge`

  /** Uploads as the page's script does; returns what it is told. */
  async function upload(files: TestFile[], who: SignedInTester = owner, path = `${base}/files`) {
    const response = await who.fetch(path, {
      method: 'POST',
      headers: { Accept: 'application/json' },
      body: formOf(files),
    })
    return { status: response.status, answer: UploadAnswer.parse(await response.json()) }
  }

  async function untilRead(documentId: string): Promise<void> {
    const isRead = async () => ['ready', 'failed'].includes((await rowOf(app, documentId))?.state ?? '')
    await waitUntil(isRead, 30_000)
  }

  return {
    app,
    owner,
    base,
    upload,
    untilRead,
    rowOf: (documentId: string) => rowOf(app, documentId),
    listStoredFiles: () => listStoredFiles(app),
    /** Uploads one file and waits until it is read; returns its Document's id. */
    async learn(name: string, content: string | Buffer): Promise<string> {
      const { answer } = await upload([{ name, content }])
      const { id } = firstOf(answer)
      await untilRead(id)
      return id
    },
    async htmlOf(path: string, who: SignedInTester = owner): Promise<string> {
      const response = await who.fetch(path)
      expect(response.status).toBe(200)
      const html = await response.text()
      expect(html).not.toMatch(/\[object Object\]|undefined/)
      return html
    },
    [Symbol.asyncDispose]: () => app[Symbol.asyncDispose](),
  }
}

export function formOf(files: TestFile[], fields: Record<string, string> = {}): FormData {
  const form = new FormData()
  for (const [name, value] of Object.entries(fields)) form.append(name, value)
  for (const { name, content } of files) {
    form.append('files', new Blob([new Uint8Array(Buffer.from(content))]), name)
  }
  return form
}

export function firstOf({ documents }: z.output<typeof UploadAnswer>) {
  const [document] = documents
  if (!document) throw new Error('nothing was taken')
  return document
}

/** The newest version of a Document, with its Document's name. */
function rowOf({ app }: TestApp, documentId: string) {
  return app.installation.db
    .selectFrom('document')
    .innerJoin('document_version as version', 'version.document_id', 'document.id')
    .selectAll('version')
    .select(['document.name', 'document.active_version_id'])
    .where('document.id', '=', documentId)
    .orderBy('version.created_at', 'desc')
    .executeTakeFirst()
}

/** The keys of all stored files. */
async function listStoredFiles({ app }: TestApp): Promise<string[]> {
  const folder = join(app.installation.config.dataDir, 'files')
  const names = await readdir(folder, { recursive: true })
  return names.filter((name) => /^[0-9a-f-]{36}\/[0-9a-f]{64}$/.test(name))
}
