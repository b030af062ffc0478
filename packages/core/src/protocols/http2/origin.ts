import type { Turn } from '../../connections/turn.ts';

/** Who brought the first byte of a frame, and when: a frame may begin in one piece and end in another. */
export class Origin {
  arrivedNs = 0;
  firstNs = 0;
  flags = 0;
  pid = 0;
  tid = 0;
  context = 0;

  take(turn: Turn): void {
    this.arrivedNs = turn.arrivedNs;
    this.firstNs = turn.firstNs;
    this.flags = turn.flags;
    this.pid = turn.pid;
    this.tid = turn.tid;
    this.context = turn.context;
  }
}
