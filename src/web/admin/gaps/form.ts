import type { Request } from 'express'
import { z } from 'zod'
import { ANSWER_MAX_CHARS, ANSWER_QUESTION_MAX_CHARS } from '../../../coaching/gap-answer.ts'
import { readField } from '../form-field.ts'

/** What the form of an answer holds. */
export interface AnswerValues {
  question: string
  text: string
  isCorrection: boolean
}

const AnswerFields = z.object({
  question: z
    .string()
    .trim()
    .min(1, 'Write the question as it shall stand in your material.')
    .max(ANSWER_QUESTION_MAX_CHARS, `At most ${ANSWER_QUESTION_MAX_CHARS} characters.`),
  text: z
    .string()
    .trim()
    .min(1, 'Write the answer.')
    .max(ANSWER_MAX_CHARS, `At most ${ANSWER_MAX_CHARS} characters; upload what is longer as a document.`),
  isCorrection: z.boolean(),
})

/** Reads a sent form: its values as they came, checked, or what is wrong with which field. */
export function readAnswerForm(req: Request): {
  values: AnswerValues
  errors: Record<string, string[] | undefined> | undefined
  isPreview: boolean
} {
  const sent = {
    question: readField(req.body, 'question', Infinity),
    text: readField(req.body, 'text', Infinity),
    isCorrection: readField(req.body, 'isCorrection') === 'on',
  }
  const read = AnswerFields.safeParse(sent)
  const isPreview = readField(req.body, 'intent') === 'preview'
  if (read.success) return { values: read.data, errors: undefined, isPreview }
  return { values: sent, errors: z.flattenError(read.error).fieldErrors, isPreview }
}
