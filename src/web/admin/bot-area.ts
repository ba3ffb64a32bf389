import type { Router } from 'express'
import type { AdminParts } from './admin-parts.ts'
import { createBotPages } from './bot-pages.ts'
import { createBotTryPages } from './bot-try-pages.ts'
import { createChannelPages } from './channel-pages.ts'
import { createPackPages } from './pack-pages.ts'
import { createPromptPages } from './prompt-pages.ts'

/** A bot itself: its settings and wording, trying it out, taking it along, and where it can be reached. */
export function createBotArea(parts: AdminParts): Router[] {
  return [
    createPackPages(parts),
    createBotPages(parts),
    createBotTryPages(parts),
    createPromptPages(parts),
    createChannelPages(parts),
  ]
}
