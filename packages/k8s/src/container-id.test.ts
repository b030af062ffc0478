import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { containerIdFromCgroup } from './container-id.ts';

const ID = 'c0ffee0123456789'.repeat(4);
const OTHER = 'badcafe987654321'.padEnd(64, '0');
const POD = 'pod8c6b2f0e_7d0f_4a5e_9d5a_0123456789ab';

describe('containerIdFromCgroup()', () => {
  it.each([
    ['Docker, cgroup v1, cgroupfs', `12:memory:/docker/${ID}\n11:cpu,cpuacct:/docker/${ID}\n`],
    ['Docker, cgroup v2, systemd', `0::/system.slice/docker-${ID}.scope\n`],
    ['Kubernetes with Docker, v1', `5:pids:/kubepods/burstable/pod8c6b2f0e-7d0f-4a5e-9d5a-0123456789ab/${ID}\n`],
    [
      'Kubernetes with containerd, v2, systemd',
      `0::/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-${POD}.slice/cri-containerd-${ID}.scope\n`,
    ],
    [
      'Kubernetes with containerd, v1, systemd',
      `3:cpu:/system.slice/containerd.service/kubepods-${POD}.slice:cri-containerd:${ID}\n`,
    ],
    ['Kubernetes with CRI-O, v2', `0::/kubepods.slice/kubepods-${POD}.slice/crio-${ID}.scope\n`],
    [
      'CRI-O with a cgroup of the container below',
      `0::/kubepods.slice/kubepods-${POD}.slice/crio-${ID}.scope/container\n`,
    ],
    [
      'Podman, rootless, v2',
      `0::/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-${ID}.scope/container\n`,
    ],
    ['Podman, v1, cgroupfs', `4:memory:/libpod_parent/libpod-${ID}\n`],
    ['containerd alone', `0::/default/${ID}\n`],
    [
      'kind: a pod in a node that is a container',
      `0::/system.slice/docker-${OTHER}.scope/kubelet/kubepods/${POD}/${ID}\n`,
    ],
    ['a container seen from outside its cgroup namespace', `0::/../../${POD}/cri-containerd-${ID}.scope\n`],
    ['v1 where only one hierarchy tells', `2:cpuset:/\n1:name=systemd:/docker/${ID}\n0::/\n`],
  ])('finds the id of %s', (_, text) => {
    expect(containerIdFromCgroup(text)).toBe(ID);
  });

  it.each([
    ['a service of the host', '0::/system.slice/nginx.service\n'],
    ['a login session', '0::/user.slice/user-1000.slice/session-3.scope\n'],
    ['a cgroup namespace', '0::/\n'],
    ['the monitor of Podman', `0::/machine.slice/libpod-conmon-${ID}.scope\n`],
    ['an id that is too short', `0::/docker/${ID.slice(1)}\n`],
    ['an id that is too long', `0::/docker/${ID}0\n`],
    ['upper case', `0::/docker/${ID.toUpperCase()}\n`],
    ['nothing', ''],
    ['what is no cgroup file', `docker ${ID}`],
  ])('finds none for %s', (_, text) => {
    expect(containerIdFromCgroup(text)).toBeUndefined();
  });

  it('never throws, and finds an id only where the text has one', () => {
    const junk = fc.string({ unit: fc.constantFrom(...'0:/-abcdef.\n') });
    fc.assert(
      fc.property(junk, (text) => {
        const id = containerIdFromCgroup(text);
        if (id !== undefined) expect(text).toContain(id);
      }),
    );
  });
});
