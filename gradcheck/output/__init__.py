"""The formats that a record of judgements is written in. No judgement."""
