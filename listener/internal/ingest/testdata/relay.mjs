// Processes bodies like Port and smee.io. Reads {"secret", "documents"} from standard input. For each document, it
// writes a line of JSON with the bytes that Port would post, and the data of the server-sent event that smee.io would
// send for the request.
import { createHmac } from "node:crypto";

let input = "";
for await (const chunk of process.stdin.setEncoding("utf8")) {
  input += chunk;
}
const { secret, documents } = JSON.parse(input);

for (const document of documents) {
  const posted = JSON.stringify(JSON.parse(document));
  const now = Date.now();
  const headers = {
    host: "smee.io",
    "content-type": "application/json",
    "content-length": String(Buffer.byteLength(posted)),
    "x-port-timestamp": String(now),
    "x-port-signature": "v1," + createHmac("sha256", secret).update(`${now}.${posted}`).digest("base64"),
  };
  const event = JSON.stringify({ ...headers, body: JSON.parse(posted), query: {}, timestamp: now + 7 });
  process.stdout.write(JSON.stringify({ posted, event }) + "\n");
}
