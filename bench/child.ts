/** One timed run in a process of its own: `child.ts <group> <contender> <corpus files...>`; prints one JSON line. */
import { groups } from "./groups.ts";

const [groupKey = "", contenderName = "", ...corpus] = process.argv.slice(2);
const contender = groups[groupKey]?.contenders.find(({ name }) => name === contenderName);
if (contender === undefined) throw new Error(`no contender ${contenderName} in group ${groupKey}`);

const timed = await contender.prepare(corpus);
const before = process.cpuUsage();
const sample = await timed();
const { user, system } = process.cpuUsage(before);
const peakMiB = process.resourceUsage().maxRSS / 1024;
console.log(JSON.stringify({ ...sample, cpuSeconds: (user + system) / 1e6, peakMiB }));
