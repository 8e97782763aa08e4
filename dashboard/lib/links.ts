import { base } from './api.ts'

/** Addresses of pages. */
export const links = {
  overview: base,
  tasks: (search?: string) => `${base}tasks${search === undefined ? '' : `?q=${encodeURIComponent(search)}`}`,
  task: (id: string) => `${base}tasks/${encodeURIComponent(id)}`,
  queues: `${base}queues`,
  queue: (queue: string) => `${base}queues/${encodeURIComponent(queue)}`,
  failures: `${base}failures`,
  cause: (fingerprint: string) => `${base}failures/${encodeURIComponent(fingerprint)}`,
  running: `${base}running`,
  names: `${base}names`,
  settings: `${base}settings`,
}
