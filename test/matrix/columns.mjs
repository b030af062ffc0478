// @ts-check

/**
 * What a request travels in: a column of the matrix.
 *
 * @typedef {'http1' | 'https1' | 'h2c' | 'h2' | 'grpc' | 'grpcs'} ColumnId
 * @typedef {{ id: ColumnId, title: string, kind: 'http1' | 'http2' | 'grpc', tls: boolean }} Column
 */

/** @type {readonly Column[]} */
export const COLUMNS = [
  { id: 'http1', title: 'HTTP/1', kind: 'http1', tls: false },
  { id: 'https1', title: 'HTTPS/1', kind: 'http1', tls: true },
  { id: 'h2c', title: 'h2c', kind: 'http2', tls: false },
  { id: 'h2', title: 'h2 over TLS', kind: 'http2', tls: true },
  { id: 'grpc', title: 'gRPC', kind: 'grpc', tls: false },
  { id: 'grpcs', title: 'gRPC over TLS', kind: 'grpc', tls: true },
];

/** @param {ColumnId} id @returns {Column} */
export function columnOf(id) {
  const column = COLUMNS.find((one) => one.id === id);
  if (column === undefined) throw new Error(`no column ${id}`);
  return column;
}

/** @type {readonly ['server', 'client']} */
export const SIDES = ['server', 'client'];
