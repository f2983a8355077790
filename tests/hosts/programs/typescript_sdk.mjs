// The MCP TypeScript SDK's client (CommonJS build, found below HOSTS_FOLDER); says yes to questions.
import { createRequire } from "node:module";

const require = createRequire(`${process.env.HOSTS_FOLDER}/package.json`);
const { Client } = require("@modelcontextprotocol/sdk/client/index.js");
const { StdioClientTransport } = require("@modelcontextprotocol/sdk/client/stdio.js");
const { ElicitRequestSchema } = require("@modelcontextprotocol/sdk/types.js");

const client = new Client({ name: "typescript-sdk", version: "1" }, { capabilities: { elicitation: {} } });
client.setRequestHandler(ElicitRequestSchema, async (request) => {
  console.log(`QUESTION ${JSON.stringify(request.params.message)}`);
  const names = Object.keys(request.params.requestedSchema.properties);
  return { action: "accept", content: Object.fromEntries(names.map((name) => [name, true])) };
});
await client.connect(new StdioClientTransport(JSON.parse(process.env.HOSTS_SERVER)));
const { tools } = await client.listTools();
const offered = tools.map((tool) => ({ type: "function", function: { name: tool.name, parameters: tool.inputSchema } }));
const messages = [{ role: "user", content: "triage SHOP-1Z" }];
for (;;) {
  const response = await fetch(`${process.env.HOSTS_MODEL}/v1/chat/completions`, {
    method: "POST",
    body: JSON.stringify({ model: "stub", messages, tools: offered }),
  });
  const { message } = (await response.json()).choices[0];
  messages.push(message);
  if (!message.tool_calls) break;
  for (const { id, function: wanted } of message.tool_calls) {
    const result = await client.callTool({ name: wanted.name, arguments: JSON.parse(wanted.arguments) });
    const content = result.structuredContent
      ? JSON.stringify(result.structuredContent)
      : result.content.map((part) => part.text ?? "").join("\n");
    messages.push({ role: "tool", tool_call_id: id, content });
  }
}
await client.close();
