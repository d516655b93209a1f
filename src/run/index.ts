/** One pipeline on all cores: plans, tasks, commits, engines. `docs/run.md` has the contract. */
export type { Engine, EngineRun, EngineSession, TaskEnd, TaskFailure, TaskRef } from "./engine.ts";
export { type Estimate, estimate } from "./estimate.ts";
export { exclusionShards } from "./exclusions.ts";
export { findRuns, type JobReference, type RunFolder, type WorkFolder } from "./folder.ts";
export { collectGarbage, type Removed } from "./gc.ts";
export { type LocalEngineOptions, localEngine } from "./local-engine.ts";
export { type MetricsServer, metricsText, serveMetrics } from "./metrics.ts";
export { type Phase, phaseName } from "./phases.ts";
export type { Plan, PlannedStage, PlanOptions } from "./plan.ts";
export { type ProcessEngineOptions, processEngine } from "./process-engine.ts";
export type { RunProgress } from "./progress.ts";
export { type PlannedResult, planOf, type RunPlannedOptions, runPlanned } from "./run.ts";
export { type PhaseStatus, type RunStatus, runStatus } from "./status.ts";
export { LINE_PREFIX, runTasks, type TaskCommand, type TaskLine } from "./task-command.ts";
