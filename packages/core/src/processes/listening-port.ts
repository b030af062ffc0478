/**
 * A TCP port that a process listens on.
 *
 * @public
 */
export interface ListeningPort {
  /** Inode number of the network namespace (`/proc/PID/ns/net`). */
  readonly netns: number;
  /** 1 to 65535. */
  readonly port: number;
}
