import { BeylaError, type Health } from '@beyla/core';

/** A running exporter whose receiver is away is degraded before anything is lost. */
export function withTrouble(health: Health, trouble: string | undefined): Health {
  if (trouble === undefined || health.status === 'closed') return health;
  const { message } = new BeylaError('EXPORT_FAILED', `an export is being tried again: ${trouble}`);
  return { status: 'degraded', messages: [message, ...health.messages] };
}
