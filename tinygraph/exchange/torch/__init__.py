"""PyTorch state dicts, in and out, as plain mappings from names to arrays. PyTorch itself is not needed."""

from tinygraph.exchange.torch.state import load_state_dict as load_state_dict, state_dict as state_dict
