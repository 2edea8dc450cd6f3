export { connectTcp, connectTls, httpAgent, httpsAgent, openHttp2, requestHttp } from './clients.js';
export { FreePorts } from './free-ports.js';
export { type Connection, handlerErrors, protect } from './protect.js';
export {
  BACKLOG_BYTES_MAX,
  CHANNEL_PROTOCOLS,
  Channel,
  channelFrame,
  resizePayload,
  type TerminalSize,
  terminalSizeIn,
} from './remote-command.js';
export { httpServer, listen, tcpServer, tlsServer, type WebServerOptions, webServer } from './servers.js';
export type { WebRequest, WebRequestHandler, WebResponse } from './web.js';
export { bodyOf, bodyStreamOf } from './web-body.js';
