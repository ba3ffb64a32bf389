import { timingSafeEqual } from 'node:crypto'
import { Router } from 'express'
import type { Registry } from 'prom-client'
import { AppError } from '../errors.ts'

/** What must answer before this process takes work; each throws or resolves. */
export type ReadinessChecks = Record<string, () => Promise<unknown>>

interface HealthParts {
  checks: ReadinessChecks
  isStopping: () => boolean
  metrics: Registry
  metricsToken: string | undefined
}

const CHECK_TIMEOUT_MS = 2_000

/** GET /healthz (alive), /readyz (503 with reasons while a part is missing or we stop), /metrics. */
export function healthRoutes({ checks, isStopping, metrics, metricsToken }: HealthParts): Router {
  const router = Router()
  router.get('/healthz', (_req, res) => {
    res.json({ status: 'alive' })
  })

  router.get('/readyz', async (_req, res) => {
    const reasons = isStopping() ? ['stopping'] : await listTroubles(checks)
    res
      .status(reasons.length === 0 ? 200 : 503)
      .json({ status: reasons.length === 0 ? 'ready' : 'not ready', reasons })
  })

  router.get('/metrics', async (req, res) => {
    if (metricsToken && !isSame(req.get('authorization') ?? '', `Bearer ${metricsToken}`)) {
      throw new AppError('request.unauthorized')
    }
    res.type(metrics.contentType).send(await metrics.metrics())
  })
  return router
}

async function listTroubles(checks: ReadinessChecks): Promise<string[]> {
  const outcomes = await Promise.all(
    Object.entries(checks).map(async ([name, check]) => {
      const timeout = new Promise((_, reject) => setTimeout(reject, CHECK_TIMEOUT_MS).unref())
      return Promise.race([check(), timeout]).then(
        () => undefined,
        () => `${name} does not answer`,
      )
    }),
  )
  return outcomes.filter((reason) => reason !== undefined)
}

function isSame(given: string, wanted: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(wanted)]
  return a.length === b.length && timingSafeEqual(a, b)
}
