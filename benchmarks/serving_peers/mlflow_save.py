"""Log the pickled scikit-learn model as mlflow's own flavour, in mlflow's environment: PICKLE FOLDER.

mlflow's default format (skops) refuses histogram boosting, so it is cloudpickle, which its documentation names next.
"""

import sys

import joblib
import mlflow.sklearn

mlflow.sklearn.save_model(joblib.load(sys.argv[1]), sys.argv[2], serialization_format="cloudpickle")
