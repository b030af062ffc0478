// SPDX-License-Identifier: Apache-2.0
// @ts-check
import { setPriority } from 'node:os';
import { answerCommands } from '../support/helper-process.mjs';
import { Busy } from './busy.mjs';
import { LagLog } from './lag.mjs';
import { PROFILES } from './profiles.mjs';
import { Talk } from './talk.mjs';

// The client of the laboratory, in a process that is never selected. It comes before the others on a busy processor: its clock is the truth.
try {
  setPriority(-19);
} catch {
  // Without privileges the log is as exact as the machine is idle.
}

const lags = new LagLog();

/** @param {import('./talk.mjs').Truth} truth */
function withLag(truth) {
  return { ...truth, lagNs: lags.during(truth.sendNs, truth.endNs) };
}

/** @type {Talk | undefined} */
let talk;
/** @type {Busy | undefined} */
let busy;

const commands = {
  /** Ends all connections of a profile that took too long. */
  async abandon() {
    await talk?.abandon();
  },
  /** @param {{ profile: string, port: number, host?: string }} load */
  async run({ profile, port, host }) {
    talk = new Talk(profile, port, host);
    await PROFILES[profile]?.run(talk);
    return { truths: talk.truths.map(withLag), strange: talk.strange };
  },
  /** @param {{ name: string, port: number, connections: number, answers: boolean }} load */
  async busy(load) {
    busy = new Busy(load);
    return await busy.flowing();
  },
  /** What was answered since the last call. */
  take() {
    return (busy?.take() ?? []).map(withLag);
  },
  async rest() {
    const truths = ((await busy?.stop()) ?? []).map(withLag);
    busy = undefined;
    return truths;
  },
};

answerCommands(commands);
