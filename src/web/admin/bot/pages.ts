import type { Router } from 'express'
import type { AdminParts } from '../admin-parts.ts'
import { createChannelPages } from '../channels/pages.ts'
import { createPackPages } from './pack-pages.ts'
import { createPromptPages } from './prompt-pages.ts'
import { createBotSettingsPages } from './settings-pages.ts'
import { createBotTryPages } from './try-pages.ts'

/** A bot itself: its settings and wording, trying it out, taking it along, and where it can be reached. */
export function createBotPages(parts: AdminParts): Router[] {
  return [
    createPackPages(parts),
    createBotSettingsPages(parts),
    createBotTryPages(parts),
    createPromptPages(parts),
    createChannelPages(parts),
  ]
}
