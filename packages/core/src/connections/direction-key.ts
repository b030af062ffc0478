/** One number for a direction of a connection. Ids of connections may be as large as exact numbers are, but are never 0 (bpf/lib/connection.h). */
export function directionKey(connection: number, direction: number): number {
  return direction === 0 ? connection : -connection;
}
