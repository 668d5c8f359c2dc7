// The floor of the same kind: an echo on the official TypeScript SDK v1. HTTP as its examples do it (Streamable HTTP,
// sessions, JSON answers) on Node's own server, without a web framework; or stdio.
//
//   node ts_server.mjs PORT [--sse] [--tools DESCRIPTORS N]    node ts_server.mjs --stdio
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';

// The packages are those of tests/mcp.
const packages = new URL('../../tests/mcp/node_modules/', import.meta.url);
const load = (path) => import(new URL(path, packages));
const sdk = '@modelcontextprotocol/sdk/dist/esm/';
const { McpServer } = await load(`${sdk}server/mcp.js`);
const { Server } = await load(`${sdk}server/index.js`);
const { StreamableHTTPServerTransport } = await load(`${sdk}server/streamableHttp.js`);
const { StdioServerTransport } = await load(`${sdk}server/stdio.js`);
const { isInitializeRequest, ListToolsRequestSchema } = await load(`${sdk}types.js`);
const { z } = await load('zod/index.js');

const padded = process.argv.indexOf('--tools');
let descriptors = [];
if (padded > 0) {
  const known = JSON.parse(readFileSync(process.argv[padded + 1], 'utf8')).tools;
  for (let i = 0; i < Number(process.argv[padded + 2]); ++i) {
    descriptors.push(i < known.length ? known[i] : { ...known[i % known.length], name: `generated_${i}` });
  }
}

function makeServer() {
  if (padded > 0) {
    const server = new Server({ name: 'ts-v1', version: '1.0.0' }, { capabilities: { tools: {} } });
    server.setRequestHandler(ListToolsRequestSchema, () => ({ tools: descriptors }));
    return server;
  }
  const server = new McpServer({ name: 'ts-v1', version: '1.0.0' });
  server.registerTool('echo', { description: 'Says the message again.', inputSchema: { message: z.string() } },
    ({ message }) => ({ content: [{ type: 'text', text: message }] }));
  return server;
}

if (process.argv[2] === '--stdio') {
  await makeServer().connect(new StdioServerTransport());
} else {
  const sessions = new Map();
  createServer((request, response) => {
    const parts = [];
    request.on('data', (part) => parts.push(part));
    request.on('end', async () => {
      const body = JSON.parse(Buffer.concat(parts).toString());
      let transport = sessions.get(request.headers['mcp-session-id']);
      if (!transport && isInitializeRequest(body)) {
        transport = new StreamableHTTPServerTransport({
          sessionIdGenerator: () => randomUUID(),
          enableJsonResponse: !process.argv.includes('--sse'),
          onsessioninitialized: (id) => sessions.set(id, transport)
        });
        await makeServer().connect(transport);
      }
      if (!transport) return response.writeHead(400).end();
      await transport.handleRequest(request, response, body);
    });
  }).listen(Number(process.argv[2]), '127.0.0.1');
}
