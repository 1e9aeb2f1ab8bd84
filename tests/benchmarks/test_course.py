"""A step of convolution takes little more memory than one without columns."""

from tests.benchmarks.course import memory_of_conv


def test_a_conv_step_takes_at_most_three_times_the_memory_of_one_without_columns():
    ours, plain = memory_of_conv()
    assert ours <= 3 * plain
