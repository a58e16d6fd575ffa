"""Hello-world for LitServe, with the queue that it recommends for more than a hundred requests a second.

Everything else is as it is by default: one worker, and a process for HTTP for each worker.
"""

import sys

from litserve import LitAPI, LitServer


class Hello(LitAPI):
    def setup(self, device):
        pass

    def decode_request(self, request):
        return request["input"]["text"]

    def predict(self, text):
        return "hello " + text

    def encode_response(self, output):
        return {"output": output}


if __name__ == "__main__":
    server = LitServer(Hello(api_path="/predictions"), accelerator="cpu", fast_queue=True)
    server.run(host="127.0.0.1", port=int(sys.argv[1]), log_level="warning", generate_client_file=False)
