// harness.mjs - what the peers written for node have in common: the commands
// of README.md over an adapter
//   settings           its defaults, changed by words of PEER_SETTINGS;
//                      `processes` is how many processes work. The command
//                      is among the arguments of each process
//   note               a line for the reader of the results
//   setup()            lays its tables
//   classify(text)     "fetch", "complete" or nothing: what a statement is
//   completed(result)  how many jobs a "complete" has finished
//   produce()          {bulk(n, payload), one(payload), stop()}
//   work(start)        a worker that calls start(payload) when a handler
//                      starts; {stop()}
// Fetches and completions are seen in the client library that all of them
// use, so that a job counts when the database has said that it is finished.
import { fork } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";

const now = () => Number(process.hrtime.bigint()) / 1e6; // ms, the same clock in each process
const REPORT_MS = 10;
const STUCK_MS = 60_000;
const BULK = 5000;
const BACKLOG = 20_000; // of steady: enough that no worker waits
const GROUP = 10; // of steady with a rate: the least jobs of one submit
const PAYLOAD = JSON.parse(process.env.PEER_PAYLOAD ?? "{}"); // of jobs that tell no time
const WARM_UP = 20; // jobs of latency that are not measured

export function settingsOf(defaults) {
  const settings = { ...defaults };
  for (const word of (process.env.PEER_SETTINGS ?? "").split(" ").filter(Boolean)) {
    const [name, value] = word.split("=");
    if (!(name in settings)) throw new Error(`no setting ${name}`);
    settings[name] = Number(value);
  }
  return settings;
}

// Sees each statement that `classify` knows: seen.first, seen.last, seen.done.
function watch({ classify, completed }) {
  const seen = { first: 0, last: 0, done: 0 };
  const kinds = new Map();
  const query = pg.Client.prototype.query;
  const finished = (kind, result) => {
    if (kind !== "complete" || !result) return;
    seen.done += completed(result);
    seen.last = now();
  };
  pg.Client.prototype.query = function (...args) {
    const text = args[0]?.text ?? args[0];
    if (typeof text !== "string") return query.apply(this, args);
    if (!kinds.has(text)) kinds.set(text, classify(text));
    const kind = kinds.get(text);
    if (!kind) return query.apply(this, args);
    if (kind === "fetch") seen.first ||= now();
    const callback = args.at(-1);
    if (typeof callback === "function") {
      args[args.length - 1] = (error, result) => {
        finished(kind, result);
        callback(error, result);
      };
      return query.apply(this, args);
    }
    return query.apply(this, args).then((result) => {
      finished(kind, result);
      return result;
    });
  };
  return seen;
}

// A child: works from the message "go" to the message "stop".
async function child(adapter) {
  const seen = watch(adapter);
  const picked = [];
  let worker, cpu, timer;
  const report = () => {
    if (process.connected) process.send({ done: seen.done, picked: picked.length });
  };
  process.on("message", async (message) => {
    if (message === "go") {
      cpu = process.cpuUsage();
      timer = setInterval(report, REPORT_MS);
      worker = await adapter.work((payload) => {
        if (payload?.t) picked.push(now() - payload.t);
      });
      process.send("working");
    } else {
      const { user, system } = process.cpuUsage(cpu);
      clearInterval(timer);
      await worker.stop();
      const end = { picked: picked.length, pickups: picked, cpu: (user + system) / 1e6 };
      process.send({ ...seen, ...end }, () => process.exit(0));
    }
  });
  process.on("disconnect", () => process.exit(1));
  process.send("ready");
}

// Children that work; all start at once.
class Workers {
  done = 0;
  picked = 0;
  constructor(count) {
    this.children = Array.from({ length: count }, () => {
      const child = fork(process.argv[1], ["work", process.argv[2]]);
      const at = { child, done: 0, picked: 0, ended: false };
      child.on("exit", (code) => {
        if (!at.ended) fail(`a worker ended with ${code}`);
      });
      child.on("message", (message) => this.hear(at, message));
      return at;
    });
    this.ready = this.all("ready");
  }
  hear(at, message) {
    if (typeof message === "string") {
      at[message]?.();
      return;
    }
    this.done += message.done - at.done;
    this.picked += message.picked - at.picked;
    Object.assign(at, { done: message.done, picked: message.picked });
    if ("cpu" in message) {
      at.ended = true;
      at.last(message);
    }
  }
  all(name) {
    return Promise.all(this.children.map((at) => new Promise((resolve) => (at[name] = resolve))));
  }
  send(message) {
    for (const { child } of this.children) child.send(message);
  }
  async start() {
    await this.ready;
    const working = this.all("working");
    this.send("go");
    await working;
  }
  // What they have seen, together.
  async stop() {
    const last = this.all("last");
    this.send("stop");
    const seen = await last;
    return {
      first: Math.min(...seen.filter((s) => s.first).map((s) => s.first)),
      last: Math.max(...seen.map((s) => s.last)),
      cpu: seen.reduce((sum, s) => sum + s.cpu, 0),
      pickups: seen.flatMap((s) => s.pickups),
    };
  }
  async until(reached) {
    let done = -1;
    let since = now();
    while (!reached()) {
      const state = this.done + this.picked;
      if (state !== done) {
        done = state;
        since = now();
      } else if (now() - since > STUCK_MS) {
        fail(`stuck: ${this.done} completed, ${this.picked} picked up`);
      }
      await sleep(REPORT_MS);
    }
  }
}

function fail(message) {
  console.error(message);
  process.exit(1);
}

async function fill(adapter, count) {
  const producer = await adapter.produce();
  for (let left = count; left > 0; left -= BULK) await producer.bulk(Math.min(left, BULK), PAYLOAD);
  await producer.stop();
}

async function drain(adapter, count) {
  const workers = new Workers(adapter.settings.processes);
  await workers.start();
  await workers.until(() => workers.done >= count);
  const { first, last, cpu } = await workers.stop();
  console.log(`jobs/s ${Math.round((1000 * count) / (last - first))}`);
  console.log(`cpu_s ${cpu.toFixed(3)}`);
}

async function latency(adapter, count, hz) {
  const workers = new Workers(1);
  const producer = await adapter.produce();
  await workers.start();
  await sleep(1000); // idle: what the start has to do is done
  let next = now();
  for (let i = 0; i < WARM_UP + count; i++) {
    next = Math.max(next + 1000 / hz, now());
    await sleep(Math.max(0, next - now()));
    await producer.one({ t: now() });
  }
  await workers.until(() => workers.picked >= WARM_UP + count);
  const { pickups } = await workers.stop();
  await producer.stop();
  for (const ms of pickups.slice(WARM_UP)) console.log(`pickup_ms ${ms.toFixed(3)}`);
}

// How many jobs to send now: up to what is due of a rate, or up to a backlog.
function wanted(rate, begin, sent, done) {
  if (!rate) return sent - done < BACKLOG ? BULK : 0;
  const due = Math.floor((rate * (now() - begin)) / 1000) - sent;
  return due < GROUP ? 0 : Math.min(due, BULK);
}

async function steady(adapter, seconds, rate) {
  const workers = new Workers(adapter.settings.processes);
  const producer = await adapter.produce();
  let sent = 0;
  let running = true;
  if (!rate) await fill(adapter, (sent = BACKLOG));
  await workers.start();
  const begin = now();
  const sending = (async () => {
    while (running) {
      const n = wanted(rate, begin, sent, workers.done);
      if (n > 0) await producer.bulk(n, rate ? { t: now() } : PAYLOAD);
      else await sleep(1);
      sent += n;
    }
  })();
  let at = begin;
  let done = workers.done;
  for (let i = 1; i <= seconds; i++) {
    await sleep(Math.max(0, begin + 1000 * i - now()));
    const elapsed = now() - at;
    console.log(`completed_per_s ${Math.round((1000 * (workers.done - done)) / elapsed)}`);
    at += elapsed;
    done = workers.done;
  }
  running = false;
  await sending;
  if (rate) await workers.until(() => workers.picked >= sent);
  const pickups = (await workers.stop()).pickups.sort((a, b) => a - b);
  await producer.stop();
  for (const p of rate ? [50, 99, 99.9] : [])
    console.log(`pickup_p${p}_ms ${pickups[Math.ceil((pickups.length * p) / 100) - 1].toFixed(3)}`);
}

export async function main(adapter) {
  const [command, ...numbers] = process.argv.slice(2);
  const [a, b] = numbers.map(Number);
  if (command === "work") return child(adapter);
  const words = Object.entries(adapter.settings).map(([name, value]) => `${name}=${value}`);
  if (command === "drain" || command === "steady" || command === "latency")
    console.log(`note ${adapter.note}; ${words.join(" ")}`);
  if (command === "setup") await adapter.setup();
  else if (command === "fill") await fill(adapter, a);
  else if (command === "drain") await drain(adapter, a);
  else if (command === "latency") await latency(adapter, a, b);
  else if (command === "steady") await steady(adapter, a, b);
  process.exit(0);
}
