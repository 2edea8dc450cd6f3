export { connectTcp, connectTls, httpsAgent, openHttp2, requestHttp } from './clients.js';
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
export { http2Server, httpServer, listen, tcpServer, tlsServer } from './servers.js';
