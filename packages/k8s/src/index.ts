export { containerIdFromCgroup } from './container-id.ts';
