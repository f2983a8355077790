// An agent of Vercel's AI SDK (CommonJS builds, found below HOSTS_FOLDER), in front of the Chat Completions API.
import { createRequire } from "node:module";

const require = createRequire(`${process.env.HOSTS_FOLDER}/package.json`);
const { generateText, stepCountIs } = require("ai");
const { createMCPClient } = require("@ai-sdk/mcp");
const { Experimental_StdioMCPTransport: Transport } = require("@ai-sdk/mcp/mcp-stdio");
const { createOpenAICompatible } = require("@ai-sdk/openai-compatible");

const provider = createOpenAICompatible({ name: "stub", baseURL: `${process.env.HOSTS_MODEL}/v1`, apiKey: "stub" });
const client = await createMCPClient({ transport: new Transport(JSON.parse(process.env.HOSTS_SERVER)) });
try {
  await generateText({
    model: provider("stub"),
    tools: await client.tools(),
    stopWhen: stepCountIs(30),
    prompt: "triage SHOP-1Z",
  });
} finally {
  await client.close();
}
