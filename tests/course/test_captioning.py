"""Cells in the protocol of the captioning notebooks run on our layers, with made captions."""

import numpy as np
import pytest

from tests.course.__main__ import notebooks_in
from tests.course.captioning import load_coco_data, sample_coco_minibatch
from tests.course.cells import Cell, plain
from tests.course.run import RAN, run_cells
from tests.course.test_course import write

SETUP = """
import numpy as np
from cs231n.gradient_check import eval_numerical_gradient, eval_numerical_gradient_array
from cs231n.rnn_layers import *
from cs231n.captioning_solver import CaptioningSolver
from cs231n.classifiers.rnn import CaptioningRNN
from cs231n.coco_utils import load_coco_data, sample_coco_minibatch, decode_captions
from cs231n.image_utils import image_from_url

def worst(a, b):
    return np.max(np.abs(a - b)) / np.max(np.abs(a) + np.abs(b))
"""
LSTM_STEP = """
np.random.seed(231)
x, h, c = (np.random.randn(3, n) for n in (4, 5, 5))
Wx, Wh, b = np.random.randn(4, 20), np.random.randn(5, 20), np.random.randn(20)
next_h, next_c, cache = lstm_step_forward(x, h, c, Wx, Wh, b)
dh, dc = np.random.randn(3, 5), np.random.randn(3, 5)
for name, at, value, got in zip('xhc', range(3), (x, h, c), lstm_step_backward(dh, dc, cache)):
    def f(v, i):
        args = [x, h, c]
        args[at] = v
        return lstm_step_forward(*args, Wx, Wh, b)[i]
    numeric = sum(eval_numerical_gradient_array(lambda v: f(v, i), value, d)
                  for i, d in enumerate((dh, dc)))
    print('d%s error: ' % name, worst(numeric, got))
"""
NET = """
np.random.seed(231)
words = {'<NULL>': 0, 'cat': 2, 'dog': 3}
model = CaptioningRNN(words, input_dim=4, wordvec_dim=5, hidden_dim=6, cell_type='CELL',
                      dtype=np.float64)
features, captions = np.random.randn(2, 4), np.random.randint(3, size=(2, 3))
loss, grads = model.loss(features, captions)
for name in sorted(grads):
    numeric = eval_numerical_gradient(lambda _: model.loss(features, captions)[0],
                                      model.params[name], verbose=False, h=1e-6)
    print('%s relative error: %e' % (name, worst(numeric, grads[name])))
"""
TRAINING = """
np.random.seed(231)
data = load_coco_data(max_train=4)
model = CaptioningRNN(data['word_to_idx'], input_dim=data['train_features'].shape[1],
                      hidden_dim=40, wordvec_dim=30, cell_type='CELL')
solver = CaptioningSolver(model, data, update_rule='adam', num_epochs=100, batch_size=4,
                          optim_config={'learning_rate': 1e-2}, lr_decay=0.99, print_every=50)
solver.train()
assert solver.loss_history[-1] < 0.2 * solver.loss_history[0]
captions, features, urls = sample_coco_minibatch(data, split='train', batch_size=2)
said = decode_captions(model.sample(features), data['idx_to_word'])
assert len(said) == 2
assert image_from_url(urls[0]).ndim == 3
"""


@pytest.mark.parametrize("cell", ["rnn", "lstm"])
def test_the_cells_run_and_print_errors_around_what_the_notebooks_state(cell):
    cells = [Cell(i, plain(text.replace("CELL", cell)), 1e-6)
             for i, text in enumerate((SETUP, LSTM_STEP, NET, TRAINING))]
    found = list(run_cells(cells, "2018-2020"))
    assert [outcome.status for outcome in found] == [RAN] * 4, found
    assert [len(outcome.errors) for outcome in found] == [0, 3, 8, 0]
    assert found[1].worst < 1e-7
    assert found[2].worst < 1e-3


def test_made_captions_begin_end_and_are_filled_up():
    data = load_coco_data(max_train=3)
    assert data["train_captions"].shape == (3, 17)
    captions, features, _ = sample_coco_minibatch(load_coco_data(), 50, "val")
    assert (captions[:, 0] == 1).all()
    assert ((captions == 2).sum(axis=1) == 1).all()
    for caption in captions:
        assert not caption[np.argmax(caption == 2) + 1:].any()
    assert features.shape == (50, 512)


def test_captioning_notebooks_are_found_anywhere_with_the_edition_of_their_repository(tmp_path):
    write(tmp_path / "one" / "a2" / "Dropout.ipynb", "", "for dropout in [1, 0.5]: pass")
    write(tmp_path / "one" / "a3" / "RNN_Captioning.ipynb", "", "pass")
    write(tmp_path / "one" / ".hidden" / "LSTM_Captioning.ipynb", "", "pass")
    write(tmp_path / "two" / "LSTM_Captioning.ipynb", "", "pass")
    assert [(path.name, edition) for path, edition in notebooks_in(tmp_path)] == [
        ("Dropout.ipynb", "2018-2020"), ("RNN_Captioning.ipynb", "2018-2020"),
        ("LSTM_Captioning.ipynb", "2016-2017")]
