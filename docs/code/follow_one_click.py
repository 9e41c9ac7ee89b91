"""From a DICOM folder and one click to a mask, a measurement and a file: what the CLI calls."""

from pathlib import Path

from limner.cases.open import read
from limner.cases.save import write
from limner.measure import measure
from limner.predict import predictor
from limner.predict.session import Session
from limner.prompt.click import Click
from limner.refine.islands import islands

image = read(Path("ct"))  # 1
click = Click(tuple(image.grid.position_mm((2, 12, 88))))  # 2
network = predictor("limner")  # 3
encoded = network.encode(image)  # 4
session = Session.on(image).say(click)  # 5
answer = session.predict(network, encoded)  # 6
session = session.accept(answer)  # 7
mask = islands(session.mask, [click])  # 8
write(mask, Path("click.nii.gz"), image=image)  # 9

print(answer.extent)
for each in measure(mask, image):
    for number in each.measurements[:2]:
        print(number)
