"""all-MiniLM-L6-v2 for LitServe, with sentence-transformers on a CPU, batched.

One worker: a second one on the same cores would take the threads of the first. Batches are at most as large as those of our
example. Arguments: a port; the directory that `cargo xtask models embed` makes, whose modules are those that the model is
published with; and how long a batch waits, in seconds.
"""

import sys

from litserve import LitAPI, LitServer
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.modules import Normalize, Pooling, Transformer


class Embed(LitAPI):
    def setup(self, device):
        transformer = Transformer(sys.argv[2], max_seq_length=256)
        modules = [transformer, Pooling(transformer.get_embedding_dimension(), "mean"), Normalize()]
        self.model = SentenceTransformer(modules=modules, device=device)

    def decode_request(self, request):
        (text,) = request["input"]["texts"]
        return text

    def predict(self, texts):
        return self.model.encode(texts, batch_size=32, show_progress_bar=False)

    def encode_response(self, output):
        return {"output": [output.tolist()]}


if __name__ == "__main__":
    api = Embed(api_path="/predictions", max_batch_size=32, batch_timeout=float(sys.argv[3]))
    server = LitServer(api, accelerator="cpu", fast_queue=True)
    server.run(host="127.0.0.1", port=int(sys.argv[1]), log_level="warning", generate_client_file=False)
