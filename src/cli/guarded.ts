import { messageOf, PipelineError } from "../core/index.ts";
import { type Terminal, UsageError } from "./command.ts";
import { abortOnSignals, Interrupted } from "./interrupts.ts";
import { printable } from "./text-width.ts";

/**
 * Runs a command that reads files: its errors become one line on stderr and an exit code. What is not there is a mistake in the
 * command line (2), what is damaged or cannot be read is not (1).
 */
export async function guarded(terminal: Terminal, work: (signal: AbortSignal) => Promise<number>): Promise<number> {
  const controller = new AbortController();
  const say = (text: string): void => void terminal.stderr.write(`millrace: ${text}\n`);
  const release = abortOnSignals(controller, say);
  try {
    return await work(controller.signal);
  } catch (error) {
    if (error instanceof UsageError) throw error;
    const { reason } = controller.signal;
    if (reason instanceof Interrupted) return reason.exitCode;
    say(printable(messageOf(error)));
    return error instanceof PipelineError && error.kind === "vanished" ? 2 : 1;
  } finally {
    release();
  }
}
