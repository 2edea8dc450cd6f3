// `npm run fuzz -- --seeds N [--seed S]`: hostile requests to an API server over Debian's etcd, at both of its doors.
import { build, install, root } from './lib/bootstrap.mjs';

install();
build();
process.noDeprecation = true;
await import(`${root}packages/apiserver/dist/test/fuzz/main.js`);
