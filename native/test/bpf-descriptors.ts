// SPDX-License-Identifier: Apache-2.0
import { readdirSync, readlinkSync } from 'node:fs';

/** How many BPF programs, maps, links and other eBPF descriptors a process (of ours) holds; uprobes' perf events too. */
export function bpfDescriptors(pid: number | 'self' = 'self'): number {
  const folder = `/proc/${pid}/fd`;
  let count = 0;
  for (const fd of readdirSync(folder)) {
    try {
      if (/bpf|perf_event/.test(readlinkSync(`${folder}/${fd}`))) count++;
    } catch {
      // The descriptor of the listing itself is gone by now.
    }
  }
  return count;
}
