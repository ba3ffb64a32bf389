import pg from 'pg'

/** Runs one statement that no transaction and no pool may wrap, such as CREATE DATABASE. */
export async function runAsAdmin(databaseUrl: string, statement: string): Promise<void> {
  const connection = new pg.Client(databaseUrl)
  await connection.connect()
  try {
    await connection.query(statement)
  } finally {
    await connection.end()
  }
}

/** The address of another database on the same server. */
export function withDatabase(databaseUrl: string, database: string): string {
  const url = new URL(databaseUrl)
  url.pathname = `/${database}`
  return url.href
}
