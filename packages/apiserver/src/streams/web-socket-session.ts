import { Channel, channelFrame, terminalSizeIn } from '@keelson/service/sockets';
import { messagesOf, sendMessage, type WebSocket } from '@keelson/service/web-socket';
import type { CommandInput, CommandOutput, CommandSession } from './command-session.js';

const OUTPUTS: Readonly<Record<CommandOutput, number>> = {
  stdout: Channel.STDOUT,
  stderr: Channel.STDERR,
  status: Channel.ERROR,
};

/** A command over one WebSocket: each message carries its channel in its first byte. */
export class WebSocketSession implements CommandSession {
  readonly #socket: WebSocket;

  constructor(socket: WebSocket) {
    this.#socket = socket;
  }

  async receive(take: (input: CommandInput) => Promise<void>): Promise<void> {
    for await (const message of messagesOf(this.#socket)) {
      const input = inputIn(message);
      if (input !== undefined) await take(input);
    }
  }

  send(output: CommandOutput, bytes: Uint8Array): Promise<void> {
    return sendMessage(this.#socket, channelFrame(OUTPUTS[output], bytes));
  }

  close(): void {
    this.#socket.resume();
    this.#socket.close(1000);
  }
}

function inputIn(message: Buffer): CommandInput | undefined {
  const body = message.subarray(1);
  switch (message[0]) {
    case Channel.STDIN:
      return { stdin: body };
    case Channel.CLOSE:
      return body[0] === Channel.STDIN ? { stdinClosed: true } : undefined;
    case Channel.RESIZE: {
      const resize = terminalSizeIn(body);
      return resize && { resize };
    }
    default:
      return undefined;
  }
}
