import { describe, expect, it } from 'vitest';
import { Lifecycle } from './lifecycle.ts';

const nothing = async (): Promise<void> => undefined;

describe('Lifecycle', () => {
  it('starts once and refuses a second start with ALREADY_STARTED', async () => {
    const lifecycle = new Lifecycle('box', nothing);
    await lifecycle.start(undefined, nothing);
    expect(lifecycle.state).toBe('running');
    await expect(lifecycle.start(undefined, nothing)).rejects.toMatchObject({ code: 'ALREADY_STARTED' });
  });

  it('releases once however often it is closed', async () => {
    let releases = 0;
    const lifecycle = new Lifecycle('box', async () => {
      releases += 1;
    });
    await lifecycle.start(undefined, nothing);
    await Promise.all([lifecycle.close(), lifecycle.close()]);
    await lifecycle.close();
    expect(releases).toBe(1);
    await expect(lifecycle.start(undefined, nothing)).rejects.toMatchObject({ code: 'CLOSED' });
  });

  it('releases what a failing start had opened and passes its error on', async () => {
    let releases = 0;
    const lifecycle = new Lifecycle('box', async () => {
      releases += 1;
    });
    const failure = new Error('no port');
    await expect(lifecycle.start(undefined, () => Promise.reject(failure))).rejects.toBe(failure);
    expect(releases).toBe(1);
  });

  it('closes on abort', async () => {
    const controller = new AbortController();
    let releases = 0;
    const lifecycle = new Lifecycle('box', async () => {
      releases += 1;
    });
    await lifecycle.start(controller.signal, nothing);
    controller.abort();
    expect(lifecycle.state).toBe('closed');
    await lifecycle.close();
    expect(releases).toBe(1);
  });

  it('never opens when the signal is aborted already', async () => {
    let opened = false;
    const lifecycle = new Lifecycle('box', nothing);
    const start = lifecycle.start(AbortSignal.abort(), async () => {
      opened = true;
    });
    await expect(start).rejects.toMatchObject({ code: 'CLOSED' });
    expect(opened).toBe(false);
  });

  it('waits for a start in progress before it releases, and rejects that start', async () => {
    const steps: string[] = [];
    const lifecycle = new Lifecycle('box', async () => {
      steps.push('released');
    });
    let finishOpening: () => void = () => undefined;
    const opening = new Promise<void>((resolve) => {
      finishOpening = resolve;
    });
    const start = lifecycle.start(undefined, async () => {
      await opening;
      steps.push('opened');
    });
    const close = lifecycle.close();
    finishOpening();
    await expect(start).rejects.toMatchObject({ code: 'CLOSED' });
    await close;
    expect(steps).toEqual(['opened', 'released']);
  });
});
