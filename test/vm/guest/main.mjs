// SPDX-License-Identifier: Apache-2.0
import { release } from 'node:os';
import { loadObjects } from './objects.mjs';
import { report } from './report.mjs';
import { runSources } from './sources.mjs';
import { runTaps } from './taps.mjs';

/** What the guest does on every kernel; the host's report.mjs judges what it says. */
report({ type: 'kernel', release: release(), node: process.version });
loadObjects('packages/core/bpf');
await runSources(['sock_length', 'syscall']);
await runTaps();
