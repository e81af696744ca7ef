//! Texts of unlike kinds, written for these tests.

/// A lecture with numbered headings, definitions, labelled lists and a procedure; two pages with footers.
pub(super) const BIOLOGY: [&str; 3] = [
    "Cell Biology for Beginners

1. The Cell

A cell is the smallest unit of life that can grow and divide on its own. A membrane is a thin
layer that separates the inside of a cell from its surroundings. The nucleus is the part of the
cell that stores the genetic material. A ribosome is a particle that builds proteins from amino
acids. A mitochondrion is an organelle that releases energy from sugar. The cytoplasm is the
jelly-like fluid that fills the cell between the membrane and the nucleus. Cells are divided into
two main groups.
• Prokaryotic cells: cells without a nucleus, such as those of bacteria.
• Eukaryotic cells: cells with a nucleus and other compartments, such as those of plants.

A typical animal cell has a diameter of 20 micrometres. Plant cells differ from animal cells
because plant cells have a rigid wall and chloroplasts, while animal cells have neither.
Robert Hooke described cells for the first time in 1665.

Cell Biology for Beginners 1
",
    "2. Energy and Enzymes

Photosynthesis is the process by which green plants make sugar from carbon dioxide and water.
Respiration is the process by which cells release energy from sugar with the help of oxygen.
Fermentation is the release of energy from sugar without oxygen. Enzymes are proteins that speed
up chemical reactions without being used up. A substrate is a molecule on which an enzyme acts.
Enzymes lose their shape above 60 degrees because heat breaks the weak bonds that hold the chain
together. The light reactions of photosynthesis require light, water and chlorophyll. Glycolysis
yields a net gain of 2 molecules of ATP for each molecule of glucose.

Energy matters to every cell because growth, movement and transport all consume energy.

Cell Biology for Beginners 2
",
    "3. Cell Division

Mitosis is a form of division that produces two cells with the same set of chromosomes. Meiosis
is a form of division that produces four cells with half the set of chromosomes. A chromosome is
a long thread of DNA that carries many genes. A human body cell contains 46 chromosomes, whereas
a human egg cell contains 23 chromosomes. Mitosis proceeds in four phases.
1. The chromosomes become short and visible.
2. The chromosomes line up in the middle of the cell.
3. The two halves of each chromosome move to opposite ends.
4. Two new nuclei form around the separated chromosomes.

The purpose of meiosis is to keep the number of chromosomes constant from one generation to the
next. Errors in division are dangerous because cells with damaged chromosomes may grow without
control.

Cell Biology for Beginners 3
",
];

/// A manual without headings, page breaks or definitions in textbook form.
pub(super) const MANUAL: &str = "\
The Aqualine pump moves clear water from a well or a tank into the house. The pump runs on 230 volts and draws a
current of 4 amperes. The inlet filter keeps sand and leaves out of the pump chamber. A clogged inlet filter lowers
the pressure because less water reaches the impeller. The pressure switch starts the motor when the pressure falls
under 1.5 bar. The pressure switch stops the motor when the pressure reaches 3 bar. The motor has a thermal cutout
that opens at 90 degrees. Dry running damages the seal because the seal is cooled by the water itself. The delivery
includes a power cord, a mounting plate and a filter key.

To clean the filter, follow these steps:
1. Disconnect the pump from the mains.
2. Close the valve in the suction line.
3. Unscrew the lid with the filter key.
4. Rinse the filter under running water.
5. Tighten the lid by hand.

The check valve prevents the water from flowing back into the well. The pressure tank stores water under pressure, so
the motor starts less often. A pressure tank with a damaged membrane makes the motor start every few seconds. Frost
destroys the pump chamber because freezing water expands by 9 percent. The drain plug empties the pump chamber before
the winter. The warranty covers defects in material for 24 months.
";

/// Markdown of a small project.
pub(super) const README: &str = "\
# Larder

Larder is a tool that keeps a list of the food in a kitchen.

## Concepts

A **shelf** is a named place where food is kept. An **item** is a kind of food with an amount and a date.
A *rule* is a condition that decides when an item is bought again. The shopping list is the set of all items
whose amount fell under their rule. Larder warns the user 3 days before an item expires.

## Storage

Larder writes every change to a journal before it changes the main file. A journal is a file that records changes in
the order in which they were made. The journal protects the data because an interrupted change can be repeated from it.
A snapshot is a copy of the main file at one moment. Larder keeps the last 10 snapshots.

```
larder add milk 2
```
";

/// Nothing an item could be made from.
pub(super) const SCRAPS: &str = "Menu\n\nSoup 4.50\nBread 1.20\n\nOpen daily!\n";
