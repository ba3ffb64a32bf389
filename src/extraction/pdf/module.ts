import { readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'

/** What the runtime has and the language's library without a browser does not declare. */
declare const WebAssembly: { compile(bytes: Uint8Array): Promise<object> }

let compiled: Promise<object> | undefined

/** pdfium's code, compiled once for a process: 0.1 s, most of it on other threads. */
export function loadPdfModule(): Promise<object> {
  compiled ??= readFile(fileURLToPath(import.meta.resolve('@hyzyla/pdfium/pdfium.wasm'))).then((bytes) =>
    WebAssembly.compile(bytes),
  )
  return compiled
}
