import { readFileSync } from 'node:fs';
import type { Agent, AgentOptions } from 'node:https';
import type { Duplex } from 'node:stream';
import { diag } from '@opentelemetry/api';
import { getStringFromEnv } from '@opentelemetry/core';

/**
 * The HTTP connections of one exporter. It owns them so that nothing is left open after `close()`, not even to a back end
 * that does not answer; the stock exporter would leave its keep-alive connections behind.
 */
export class ConnectionPool {
  readonly #signal: 'TRACES' | 'METRICS';
  #agent: Promise<Agent> | undefined;
  #closed = false;

  constructor(signal: 'TRACES' | 'METRICS') {
    this.#signal = signal;
  }

  /** The agent, made at the first request. The stock transport asks several times when its first requests are concurrent. */
  readonly agentFor = (protocol: string): Promise<Agent> => {
    this.#agent ??= this.#makeAgent(protocol);
    return this.#agent;
  };

  /** Ends all connections, also those in use. A retry that comes later fails at once. */
  close(): void {
    this.#closed = true;
    void this.#agent?.then((agent) => this.#refuseAndDestroy(agent));
  }

  /** Loads `http` only now, so that a host may still instrument it. */
  async #makeAgent(protocol: string): Promise<Agent> {
    const module = protocol === 'https:' ? await import('node:https') : await import('node:http');
    const agent = new module.Agent({ keepAlive: true, ...this.#tlsFromEnvironment() }) as Agent;
    if (this.#closed) this.#refuseAndDestroy(agent);
    return agent;
  }

  #refuseAndDestroy(agent: Agent): void {
    const refuse = (_: unknown, callback?: (error: Error | null, stream: Duplex) => void): undefined => {
      callback?.(new Error('the exporter is closed'), undefined as unknown as Duplex);
    };
    Object.assign(agent, { createConnection: refuse });
    agent.destroy();
  }

  /** Certificates by the specification's variables; ours is needed because an agent of our own replaces the stock one. */
  #tlsFromEnvironment(): AgentOptions {
    const options: AgentOptions = {};
    const ca = this.#fileFromEnvironment('CERTIFICATE');
    const cert = this.#fileFromEnvironment('CLIENT_CERTIFICATE');
    const key = this.#fileFromEnvironment('CLIENT_KEY');
    if (ca !== undefined) options.ca = ca;
    if (cert !== undefined) options.cert = cert;
    if (key !== undefined) options.key = key;
    return options;
  }

  #fileFromEnvironment(name: string): Buffer | undefined {
    const path =
      getStringFromEnv(`OTEL_EXPORTER_OTLP_${this.#signal}_${name}`) ?? getStringFromEnv(`OTEL_EXPORTER_OTLP_${name}`);
    if (path === undefined) return undefined;
    try {
      return readFileSync(path);
    } catch (error) {
      diag.warn(`OTLP: the file that OTEL_EXPORTER_OTLP_${name} names cannot be read`, error);
      return undefined;
    }
  }
}
