/**
 * Which stretches of a rendered conversation the assistant writes.
 *
 * Where the template has `generation` tags, it says so itself, and the tags decide as in transformers.
 *
 * Elsewhere the definition is what inference does: the assistant writes what the template puts after the generation prompt of the messages
 * before. For message i with `before = render(messages[..i], prompt)` and `upto = render(messages[..i + 1])` it is `upto` without `before`,
 * provided that `before` begins `upto` and `upto` begins the whole text. Templates that change earlier turns later on (Qwen 3 takes thinking out)
 * or whose prompt is not how the turn begins (a prompt that ends with "<think>") do not have that property, and the record is an error,
 * never marked wrongly. Cost: two renderings a marked message, each of a part of the conversation.
 *
 * Turned down: looking for the content in the text, which fails for trimmed, repeated and changed contents; and the longest common prefix
 * instead of the whole one, which moves with the first letters of an answer.
 */
import { messageOf, PipelineError } from "../../core/index.ts";
import type { Span } from "../tokenizer.ts";
import type { Conversation } from "./messages.ts";
import type { Rendered } from "./specials.ts";
import type { ChatTemplate } from "./template.ts";

/** Which messages are the assistant's, and which of them are trained. */
export interface Training {
  readonly which: "all-assistant" | "last-assistant";
  readonly roles: readonly string[];
}

/**
 * The trained stretches of a conversation, in order, or undefined when it has no message of the assistant. Throws a `PipelineError` of kind
 * "no-assistant-span" when they cannot be told exactly.
 */
export function trainedSpans(
  template: ChatTemplate,
  conversation: Conversation,
  rendered: Rendered,
  generatedBefore: (messages: number) => readonly Span[],
  training: Training,
): readonly Span[] | undefined {
  const { messages } = conversation;
  const all = [...messages.keys()].filter((i) => training.roles.includes((messages[i] as { readonly role: string }).role));
  const last = all.at(-1);
  // The tags know the assistant by whatever role it has.
  if (training.which === "all-assistant" && rendered.generated.length > 0) return rendered.generated;
  if (last === undefined) return undefined;
  if (!template.tagged) {
    const wanted = training.which === "all-assistant" ? all : [last];
    return wanted.map((i) => spanByPrefix(template, conversation, rendered.text, i, training.roles));
  }
  const { generated } = rendered;
  if (generated.length === 0) throw noSpan("there is a message of the assistant, but the template's generation tags enclose nothing");
  const before = generatedBefore(last);
  const same = before.every(({ start, end }, i) => generated[i]?.start === start && generated[i]?.end === end);
  if (!same || before.length === generated.length)
    throw noSpan(`the template renders the messages before message ${last} otherwise on their own`);
  return generated.slice(before.length);
}

function spanByPrefix(template: ChatTemplate, conversation: Conversation, text: string, i: number, roles: readonly string[]): Span {
  const { messages } = conversation;
  const part = (count: number, prompt: boolean): string => {
    try {
      return template.render({ ...conversation, messages: messages.slice(0, count) }, prompt);
    } catch (cause) {
      throw noSpan(`the template does not render the first ${count} messages on their own: ${messageOf(cause)}`, cause);
    }
  };
  const before = part(i, true);
  const upto = part(i + 1, false);
  if (!upto.startsWith(before)) throw noSpan(`message ${i} does not begin where the generation prompt before it ends`);
  if (!text.startsWith(upto)) throw noSpan(`the template renders the messages up to message ${i} otherwise when others follow`);
  if (upto.length === before.length) throw noSpan(`the template writes nothing for message ${i}`);
  const next = messages[i + 1];
  if (next === undefined || roles.includes(next.role)) refuseUnaskedPrompt(template, conversation, i, upto, part(i + 1, true));
  return { start: before.length, end: upto.length };
}

/**
 * Some templates append the generation prompt whether asked or not; it would be taken for the end of the answer. A message of the user
 * after the answer shows it: the text must go on behind it.
 */
function refuseUnaskedPrompt(template: ChatTemplate, conversation: Conversation, i: number, upto: string, prompted: string): void {
  if (prompted !== upto && prompted.startsWith(upto)) return;
  const followed = [...conversation.messages.slice(0, i + 1), { role: "user", content: "?" }];
  let text: string;
  try {
    text = template.render({ ...conversation, messages: followed }, false);
  } catch (cause) {
    throw noSpan(`where message ${i} ends cannot be told, since the template refuses a message of the user after it`, cause);
  }
  if (!text.startsWith(upto))
    throw noSpan(`where message ${i} ends cannot be told: the template appends a generation prompt that was not asked for`);
}

function noSpan(why: string, cause?: unknown): PipelineError {
  const advice = "give the template `{% generation %}` tags around what the assistant writes";
  return new PipelineError({
    kind: "no-assistant-span",
    message: `which text is the assistant's cannot be told: ${why}; ${advice}`,
    cause,
  });
}
