"""Where the one model of the package lies."""

import os


def find_model_file(endings):
    folder = os.environ["AZUREML_MODEL_DIR"]
    found = [
        os.path.join(place, name)
        for place, _, names in os.walk(folder)
        for name in sorted(names)
        if name.lower().endswith(endings)
    ]
    if len(found) != 1:
        raise FileNotFoundError(f"{folder} has {len(found)} files that end in {' or '.join(endings)}, and not one")
    return found[0]
