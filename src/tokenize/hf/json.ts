/** Reading fields of a `tokenizer.json` with errors that say where and what. */
import { TokenizerFormatError } from "./errors.ts";

export type JsonObject = Readonly<Record<string, unknown>>;

export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The value as an object. */
export function objectAt(value: unknown, where: string): JsonObject {
  if (!isObject(value)) throw wrong(where, "an object", value);
  return value;
}

export function arrayAt(value: unknown, where: string): readonly unknown[] {
  if (!Array.isArray(value)) throw wrong(where, "an array", value);
  return value;
}

export function stringAt(value: unknown, where: string): string {
  if (typeof value !== "string") throw wrong(where, "a string", value);
  return value;
}

/** A string of exactly one character. */
export function characterAt(value: unknown, where: string): string {
  const text = stringAt(value, where);
  if (text === "" || text.length > ((text.codePointAt(0) ?? 0) > 0xffff ? 2 : 1)) throw wrong(where, "one character", value);
  return text;
}

export function booleanAt(value: unknown, where: string): boolean {
  if (typeof value !== "boolean") throw wrong(where, "true or false", value);
  return value;
}

/** A whole number from 0 to 2^32 - 1. */
export function countAt(value: unknown, where: string): number {
  if (typeof value !== "number" || !Number.isInteger(value) || value < 0 || value > 0xffffffff) throw wrong(where, "a whole number", value);
  return value;
}

/** A field that may be absent or null. */
export function optional<T>(value: unknown, where: string, read: (value: unknown, where: string) => T): T | undefined {
  return value === undefined || value === null ? undefined : read(value, where);
}

function wrong(where: string, expected: string, value: unknown): TokenizerFormatError {
  const shown = JSON.stringify(value) ?? String(value);
  return new TokenizerFormatError(`tokenizer: ${where} must be ${expected}, got ${shown.length > 80 ? `${shown.slice(0, 77)}...` : shown}`);
}
