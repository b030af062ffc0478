import type { Health } from './component.ts';

const SEVERITY: Record<Health['status'], number> = { closed: 0, healthy: 1, starting: 2, degraded: 3, unhealthy: 4 };

/** The worst status of the parts and all their messages; healthy when there are none. */
export function combineHealth(parts: readonly Health[]): Health {
  let status: Health['status'] = 'healthy';
  for (const part of parts) if (SEVERITY[part.status] > SEVERITY[status]) status = part.status;
  return { status, messages: parts.flatMap(({ messages }) => messages) };
}
