import { type Excluded, messageOf, type Sink } from "../core/index.ts";
import { UsageError } from "./command.ts";

/** The sink that `--exclusions` asks for. Throws a `UsageError` for a pattern that names no shards. */
export async function exclusionsSink(pattern: string): Promise<Sink<Excluded>> {
  const { exclusionShards } = await import("../run/index.ts");
  try {
    return exclusionShards(pattern);
  } catch (error) {
    throw new UsageError(`--exclusions: ${messageOf(error)}`, { cause: error });
  }
}
