/**
 * The id of the container that a process runs in, from the text of `/proc/PID/cgroup`; undefined outside a container.
 *
 * Knows the cgroup paths of Docker, containerd, CRI-O and Podman, by cgroupfs and by systemd, in Kubernetes' `kubepods` slices and
 * outside, of cgroup v1 and v2. Inside a cgroup namespace a process sees `/` only: then the id is not there, and undefined.
 *
 * Never throws. Source: cgroups(7), and the paths that these runtimes make.
 *
 * @example
 * ```ts
 * import { containerIdFromCgroup } from '@beyla/k8s';
 * const id = containerIdFromCgroup(`0::/system.slice/docker-${'c0ffee00'.repeat(8)}.scope\n`);
 * ```
 *
 * @public
 */
export function containerIdFromCgroup(text: string): string | undefined {
  for (const line of text.split('\n')) {
    // hierarchy-ID:controllers:path; a path may have colons (containerd with systemd: slice:cri-containerd:id).
    const path = /^\d+:[^:]*:(\/.*)$/.exec(line)?.[1];
    const id = path === undefined ? undefined : containerIdFromPath(path);
    if (id !== undefined) return id;
  }
  return undefined;
}

/** 64 hex digits, which every runtime here gives its containers. */
const ID = '[0-9a-f]{64}';

/** A path segment that names a container: bare, or with the runtime's prefix and systemd's suffix. */
const SEGMENT = new RegExp(
  `^(?:(?:docker|cri-containerd|crio|libpod|containerd)[-:]|[^/]*:cri-containerd:)?(${ID})(?:\\.scope)?$`,
);

/** The deepest container wins: the inner one of Docker in Docker, and the container below Podman's `libpod-…/container`. */
function containerIdFromPath(path: string): string | undefined {
  for (const segment of path.split('/').reverse()) {
    const id = SEGMENT.exec(segment)?.[1];
    if (id !== undefined) return id;
  }
  return undefined;
}
