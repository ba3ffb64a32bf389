/**
 * Asks whether there is something, which one is best or what one thinks of it: such a question is about the very thing
 * it names, and what is said of its neighbours does not answer it.
 */
const ASKS_FOR_TOPIC =
  /^(?:and )?(?:(?:do|does|can|could|will) you (?:also |still |even )?(?:offer|have|teach|coach|sell|train|help|do|run|give|visit|work|provide|ship|know)\b|(?:is|are) there\b|(?:which|what) (?:\S+ ){1,4}?(?:(?:do|would|can) you (?:recommend|suggest|advise|like)|is (?:the )?best|are (?:the )?best|should i (?:buy|get|use|choose|read|take)|suits?)|what do you think|what (?:is|are) your (?:view|opinion|thoughts)|what about|gibt es|haben sie|habt ihr|bietest du|bieten sie|welche\S* .{0,40}empfiehlst|hay |tienen |tienes |ofrece|y a-t-il|avez-vous|proposez|há |vocês têm|c.è |ci sono|avete|есть ли|у вас есть|.{0,60} var mı)/iu

/** Of a message with what was asked before it, its own last line counts. */
export function asksForTopic(question: string): boolean {
  return ASKS_FOR_TOPIC.test(question.slice(question.lastIndexOf('\n') + 1).replace(/^[¿¡\s]+/u, ''))
}
