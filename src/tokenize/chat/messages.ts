/** From a record to what a template is rendered with, as transformers 5 prepares it. */
import { type Doc, PipelineError } from "../../core/index.ts";

/** A message as the template sees it. */
export type Message = { readonly role: string } & Readonly<Record<string, unknown>>;

/** What of a record reaches the template. */
export interface Conversation {
  readonly messages: readonly Message[];
  readonly tools: readonly unknown[] | null;
  /** The record's other fields that the template names. */
  readonly fields: Readonly<Record<string, unknown>>;
}

/** How a record is read. */
export interface Reading {
  /** The field of `meta` with the messages. */
  readonly field: string;
  /** Tools of records that have none of their own. */
  readonly tools: readonly unknown[] | null;
  /** Whether fields of a message that are null are left out. */
  readonly dropNulls: boolean;
}

/** Reads a record; `names` are the words of the template. Throws a `PipelineError` of kind "bad-messages". */
export function readConversation(doc: Doc, reading: Reading, names: ReadonlySet<string>): Conversation {
  const { field, dropNulls } = reading;
  const { [field]: messages, tools, ...rest } = doc.meta;
  if (!Array.isArray(messages) || messages.length === 0) {
    const found = messages === undefined ? "it is missing" : Array.isArray(messages) ? "it is empty" : `it is a ${typeof messages}`;
    throw bad(
      `expected the field \`${field}\` to be a list of messages; ${found} (read conversations with \`read(..., { text: false })\`)`,
    );
  }
  const fields: Record<string, unknown> = {};
  for (const name of Object.keys(rest)) {
    // Bytes (members of a tar) are nothing a template could use.
    if (names.has(name) && !ArrayBuffer.isView(rest[name])) fields[name] = rest[name];
  }
  return { messages: messages.map((message, i) => readMessage(message, i, dropNulls)), tools: readTools(tools) ?? reading.tools, fields };
}

const REASONING = ["reasoning_content", "thinking", "reasoning"] as const;

function readMessage(given: unknown, index: number, dropNulls: boolean): Message {
  const message = given as Record<string, unknown> | null;
  if (typeof message !== "object" || message === null || typeof message["role"] !== "string") {
    throw bad(`message ${index} is no object with a \`role\``);
  }
  const kept = dropNulls ? Object.fromEntries(Object.entries(message).filter(([, value]) => value !== null)) : message;
  // What a model thought has three names in the wild; a template finds it under each of the two it may look for.
  const reasoning = REASONING.map((name) => kept[name]).find((value) => value !== undefined && value !== null);
  return (reasoning === undefined ? kept : { thinking: reasoning, ...kept, reasoning_content: reasoning }) as Message;
}

/** Data sets whose columns have one type keep tools as JSON text. */
function readTools(given: unknown): readonly unknown[] | undefined {
  let tools = given;
  if (typeof tools === "string") {
    try {
      tools = JSON.parse(tools) as unknown;
    } catch (cause) {
      throw bad("the field `tools` is a text that is not JSON", cause);
    }
  }
  if (tools === undefined || tools === null) return undefined;
  if (!Array.isArray(tools)) throw bad(`expected the field \`tools\` to be a list, got a ${typeof tools}`);
  return tools as unknown[];
}

/** The messages with lists of text parts joined to one text. Throws "bad-messages" on a part that is not text. */
export function joinParts(messages: readonly Message[]): readonly Message[] {
  return messages.map((message, index) => {
    const { content } = message;
    if (!Array.isArray(content)) return message;
    const texts = content.map((part: unknown) => {
      if (typeof part === "string") return part;
      const { type, text } = (part ?? {}) as { readonly type?: unknown; readonly text?: unknown };
      if (typeof text === "string" && (type === "text" || type === undefined)) return text;
      throw bad(`message ${index} has a part of type ${JSON.stringify(type) ?? "undefined"}; only text can be joined`);
    });
    return { ...message, content: texts.join("") };
  });
}

/** The value with every string in it, keys included, passed through a function. */
export function mapStrings<T>(value: T, change: (text: string) => string): T {
  if (typeof value === "string") return change(value) as T;
  if (Array.isArray(value)) return value.map((item: unknown) => mapStrings(item, change)) as T;
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [change(key), mapStrings(item as unknown, change)])) as T;
}

function bad(message: string, cause?: unknown): PipelineError {
  return new PipelineError({ kind: "bad-messages", message, cause });
}
