import { describe, expect, it } from 'vitest';
import { Pacemaker } from './pacemaker.ts';

const LONG_MS = 1_000_000;

describe('Pacemaker', () => {
  it('wakes its waiter long before the timer', async () => {
    const pacemaker = new Pacemaker();
    const waiting = pacemaker.wait(LONG_MS);
    pacemaker.wake();
    await waiting;
  });

  it('remembers one wake that nobody waited for', async () => {
    const pacemaker = new Pacemaker();
    pacemaker.wake();
    pacemaker.wake();
    await pacemaker.wait(LONG_MS);
    let isOver = false;
    const second = pacemaker.wait(LONG_MS).then(() => {
      isOver = true;
    });
    await Promise.resolve();
    expect(isOver).toBe(false);
    pacemaker.wake();
    await second;
  });

  it('resolves by itself after the time', async () => {
    await new Pacemaker().wait(1);
  });
});
