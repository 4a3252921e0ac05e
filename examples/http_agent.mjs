// An agent over HTTP, with nothing but Node.js: node http_agent.mjs 8000
//
// tenure run vending/week --agent http://127.0.0.1:8000/agent

import { createServer } from "node:http";

const answers = new Map(); // by episode and step: a request that comes again is answered the same

function decide(observation) {
  return { name: "wait_for_next_day", arguments: {} }; // your agent's thoughts go here
}

function answer({ type, episode, step, observation }) {
  if (type === "end") answers.delete(episode);
  if (type !== "act") return {}; // recall wants nothing of an agent without a memory
  const turns = answers.get(episode) ?? [];
  answers.set(episode, turns);
  turns[step] ??= { action: decide(observation) };
  return turns[step];
}

createServer(async (request, response) => {
  let body = "";
  for await (const part of request.setEncoding("utf8")) body += part;
  response.end(JSON.stringify(answer(JSON.parse(body))));
}).listen(Number(process.argv[2]), "127.0.0.1");
